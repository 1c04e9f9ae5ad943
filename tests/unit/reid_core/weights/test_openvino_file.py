"""OpenVINO models are checked before the runtime sees them (hostile ones: `test_hostile`)."""

from __future__ import annotations

import pytest

from reid_core.errors import ModelRefusedError
from reid_core.weights import ModelFile, ModelFormat
from reid_core.weights.model_file import hash_model, resolve_model_path
from reid_core.weights.openvino_file import read_openvino

XML = (
    '<?xml version="1.0"?><net name="m" version="11"><layers>'
    '<layer id="0" name="c" type="Const" version="opset1"><data offset="0" size="8"/></layer></layers>'
    '<rt_info><model_info><labels value="person traffic_light"/></model_info></rt_info></net>'
)


def write(folder, xml: str = XML, weights: bytes = b"12345678"):
    (folder / "m.xml").write_text(xml)
    (folder / "m.bin").write_bytes(weights)
    return folder / "m.xml"


def test_both_files_and_the_labels_are_read(tmp_path):
    file = read_openvino(write(tmp_path))
    assert file.xml == XML.encode()
    assert file.weights == b"12345678"
    assert file.labels == ("person", "traffic_light")


def test_a_folder_stands_for_its_only_model(tmp_path):
    xml = write(tmp_path)
    assert resolve_model_path(tmp_path) == xml
    (tmp_path / "second.xml").write_text(XML)
    with pytest.raises(ModelRefusedError, match=r"2 \.xml files"):
        resolve_model_path(tmp_path)


def test_a_change_of_either_file_is_noticed(tmp_path):
    xml = write(tmp_path)
    found = ModelFile(xml, "m", "reid", ModelFormat.OPENVINO, hash_model(xml), "test")
    read_openvino(found)
    write(tmp_path, weights=b"87654321")
    with pytest.raises(ModelRefusedError, match="changed"):
        read_openvino(found)


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (XML.replace('version="11"', 'version="7"'), "version 10 or 11"),
        (XML.replace("<net", "<mesh").replace("</net", "</mesh"), "version 10 or 11"),
        (XML.replace('size="8"', 'size="9"'), "do not belong together"),
        (XML.replace('size="8"', 'size="many"'), "without a place"),
        (XML.replace('size="8"', ""), "without a place"),
        (XML.replace("opset1", "custom"), "not standard"),
        ("", "bytes"),
    ],
)
def test_unsound_models_are_refused(tmp_path, xml, said):
    with pytest.raises(ModelRefusedError, match=said):
        read_openvino(write(tmp_path, xml))
