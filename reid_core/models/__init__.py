"""Re-identification networks, one file a method, and the embedders that run them."""
