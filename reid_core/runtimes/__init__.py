"""What runs a network: OpenVINO on the CPU, torch on a GPU. Pictures go in as bytes, float32 comes out."""
