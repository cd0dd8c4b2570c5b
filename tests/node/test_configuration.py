import tomllib

import pytest

from calcimetry.errors import SettingsError
from calcimetry.node.configuration import LOOPBACK, DicomDestination, StowDestination
from calcimetry.node.configuration_file import configure, read_configuration

LEAST = '[spool]\nfolder = "spool"\n'


def read(tmp_path, text):
    path = tmp_path / "node.toml"
    path.write_text(text, encoding="utf-8")
    return read_configuration(path)


def refused(tmp_path, text):
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    told = str(caught.value)
    assert told.startswith("Reading the node's configuration node.toml: ")
    assert told.endswith(".")
    return told


def test_all_but_the_spool_has_a_default_and_listens_on_this_machine_only(tmp_path):
    settings = read(tmp_path, LEAST)
    assert settings.spool.folder == tmp_path / "spool"
    assert settings.database_url == f"sqlite:///{tmp_path}/spool/node.sqlite"
    assert settings.dicom.host == settings.web.host == "127.0.0.1"
    assert settings.dicom.addresses == settings.web.addresses == LOOPBACK
    assert settings.destinations == ()


def test_a_whole_configuration_is_read_with_its_secrets_which_no_repr_shows(tmp_path):
    for name in ("node.pem", "node.key", "all.pem"):
        (tmp_path / name).touch()
    (tmp_path / "token").write_text("a-token-of-good-length\n")
    (tmp_path / "pacs").write_text("Bearer of-the-pacs")
    settings = read(
        tmp_path,
        """
        [dicom]
        ae_title = "NODE"
        host = "0.0.0.0"
        ae_titles = ["CT1", "PACS"]
        addresses = ["10.1.0.0/16", "2001:db8::7"]
        tls = {certificate = "node.pem", key = "node.key", authorities = "all.pem"}
        [web]
        host = "0.0.0.0"
        token_file = "token"
        tls = {certificate = "node.pem", key = "node.key"}
        [spool]
        folder = "/srv/spool"
        [database]
        url = "postgresql://node@db/node"
        [limits]
        idle_s = 5
        [[destinations]]
        name = "pacs"
        kind = "dicom"
        host = "pacs"
        port = 104
        ae_title = "PACS"
        [[destinations]]
        name = "web"
        kind = "stow"
        url = "https://pacs/dicom-web"
        authorization_file = "pacs"
        """,
    )
    assert [str(one) for one in settings.dicom.addresses] == ["10.1.0.0/16", "2001:db8::7/128"]
    assert settings.dicom.tls.authorities == tmp_path / "all.pem"
    assert settings.database_url == "postgresql://node@db/node"
    assert settings.limits.idle_s == 5.0
    pacs, web = settings.destinations
    assert isinstance(pacs, DicomDestination)
    assert isinstance(web, StowDestination)
    assert settings.web.token == "a-token-of-good-length"  # noqa: S105
    assert web.authorization == "Bearer of-the-pacs"
    assert "good-length" not in repr(settings)
    assert "of-the-pacs" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "'spool' must be given"),
        ("[spool]", "'spool.folder' must be given"),
        ("spool = 3", "'spool' cannot be 3"),
        ("[[[", "not a TOML file"),
        (LEAST + "[dicom]\nporto = 3", "no setting 'dicom.porto'; the nearest is 'port'"),
        (LEAST + "[dicon]\nport = 3", "no setting 'dicon'; the nearest is 'dicom'"),
        (LEAST + '[dicom]\ntls = {cert = "a"}', "the nearest is 'certificate'"),
        (LEAST + '[dicom]\nport = "3"', "'dicom.port' cannot be '3'"),
        (LEAST + "[dicom]\nport = true", "'dicom.port' cannot be True"),
        (LEAST + "[dicom]\nport = 70000", "'dicom.port' cannot be 70000"),
        (LEAST + '[dicom]\nae_title = "A\\\\B"', "'dicom.ae_title' cannot be"),
        (LEAST + '[dicom]\nae_title = "  "', "'dicom.ae_title' cannot be"),
        (LEAST + '[dicom]\naddresses = ["10.0.0.300"]', "'dicom.addresses.0' cannot be"),
        (LEAST + "[limits]\nidle_s = nan", "'limits.idle_s' cannot be"),
        (LEAST + "[limits]\nassociations = 0", "'limits.associations' cannot be 0"),
        (LEAST + '[[destinations]]\nname = "a"', "must have a kind"),
        (LEAST + '[[destinations]]\nname = "a"\nkind = "ftp"', "'destinations.0' cannot be"),
        (
            LEAST + '[[destinations]]\nname = "a"\nkind = "stow"\nurl = "ftp://x"',
            "'destinations.0.url' cannot be",
        ),
        (
            LEAST + '[[destinations]]\nname = "a"\nkind = "stow"\nurl = "http://x"\nport = 3',
            "no setting 'destinations.0.port'",
        ),
        (
            LEAST + 2 * '[[destinations]]\nname = "a"\nkind = "stow"\nurl = "http://x"\n',
            "two destinations are named 'a'",
        ),
        (LEAST + '[dicom]\nhost = "0.0.0.0"', "say in dicom.ae_titles and dicom.addresses"),
        (
            LEAST + '[dicom]\nhost = "node.hospital"\nae_titles = ["CT"]',
            "say in dicom.ae_titles and dicom.addresses",
        ),
        (LEAST + '[web]\nhost = "::"', "give web.token_file"),
        (
            LEAST + '[web]\nhost = "::"\ntoken = "a-token-of-good-length"',
            "unencrypted",
        ),
        (LEAST + '[web]\ntoken = "short"', "at least 16 characters, found 5"),
        (LEAST + '[web]\ntoken_file = "gone"', "gone, which cannot be read (FileNotFoundError)"),
        (LEAST + '[web]\ntoken_file = "gone"\ntoken = "x"', "not both"),
        (LEAST + '[dicom]\ntls = {certificate = "a"}', "both a certificate and its key"),
        (LEAST + "[web.tls]", "both a certificate and its key"),
        (LEAST + '[web]\ntls = {certificate = "a", key = "b"}', "a, and there is no such file"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path, text, told):
    assert told in refused(tmp_path, text)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SettingsError, match="No such file"):
        read_configuration(tmp_path / "node.toml")


def test_a_page_behind_a_proxy_may_be_plain(tmp_path):
    settings = read(
        tmp_path,
        LEAST + '[web]\nhost = "0.0.0.0"\ntoken = "a-token-of-good-length"\nbehind_proxy = true\n',
    )
    assert settings.web.behind_proxy


def test_localhost_by_name_is_this_machine(tmp_path):
    tree = tomllib.loads(LEAST + '[dicom]\nhost = "localhost"\n')
    assert configure(tree, tmp_path).dicom.host == "localhost"
