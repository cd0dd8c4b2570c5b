"""What deploy/ ships can be used: its configurations are read, its unit is one."""

import configparser
import json
import shutil
import subprocess
import tomllib
from ipaddress import ip_address

import pytest
import yaml

from calcimetry.node.configuration_file import configure


@pytest.fixture(scope="module")
def deploy(root):
    return root / "deploy"


def settings(deploy, name, token):
    tree = tomllib.loads((deploy / name).read_text(encoding="utf-8"))
    if "token_file" in tree["web"]:
        tree["web"]["token_file"] = str(token)
    return configure(tree, deploy)


def test_the_configuration_is_one_of_this_machine_only(deploy, tmp_path):
    read = settings(deploy, "node.toml", tmp_path)
    assert read.dicom.host == read.web.host == "127.0.0.1"
    assert str(read.spool.folder) == "/var/lib/calcimetry"


def test_the_compose_file_joins_a_node_and_an_archive_that_know_each_other(deploy, tmp_path):
    (tmp_path / "token").write_text("a-token-of-good-length")
    node = settings(deploy, "compose-node.toml", tmp_path / "token")
    compose = yaml.safe_load((deploy / "compose.yaml").read_text(encoding="utf-8"))
    orthanc = json.loads((deploy / "orthanc.json").read_text(encoding="utf-8"))
    addresses = {
        name: service["networks"]["hospital"]["ipv4_address"]
        for name, service in compose["services"].items()
    }
    (destination,) = node.destinations
    assert (destination.host, destination.port, destination.ae_title) == (
        addresses["orthanc"],
        orthanc["DicomPort"],
        orthanc["DicomAet"],
    )
    title, host, port = orthanc["DicomModalities"]["node"]
    assert (title, host, port) == (node.dicom.ae_title, addresses["node"], node.dicom.port)
    assert orthanc["DicomAet"] in node.dicom.ae_titles
    assert any(ip_address(addresses["orthanc"]) in one for one in node.dicom.addresses)
    published = [port for one in compose["services"].values() for port in one["ports"]]
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_unit_is_one(deploy, tmp_path):
    text = (deploy / "calcimetry-node.service").read_text(encoding="utf-8")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string(text)
    assert unit["Service"]["ExecStart"].endswith("calcimetry node /etc/calcimetry/node.toml")
    assert unit["Install"]["WantedBy"] == "multi-user.target"
    if shutil.which("systemd-analyze") is None:
        return
    # What it starts is not installed here, which systemd-analyze would refuse as well.
    copy = tmp_path / "calcimetry-node.service"
    copy.write_text(text.replace("/opt/calcimetry/bin/calcimetry", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if copy.name in line] == []
