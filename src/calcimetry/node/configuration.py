"""The node's configuration: one frozen tree, read from TOML."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.networks import IPvAnyNetwork

#: This machine only.
LOOPBACK: tuple[IPvAnyNetwork, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

#: PS3.5 section 6.2: 1 to 16 characters of ASCII, no backslash, no control characters.
AeTitle = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=16, pattern=r"^[ -\[\]-~]+$"),
]
#: How a destination is called in the database and on the status page.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Files of a certificate, in PEM.

    Parameters
    ----------
    certificate, key : Path
        Ours, with the chain that proves it.
    authorities : Path or None
        Where others must prove who they are: the certificates that theirs must lead to. As a
        server, without them anybody may connect; as a client, without them the system's are used.
    """

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None


@dataclass(frozen=True, slots=True)
class DicomSettings:
    """Receiving by C-STORE.

    Parameters
    ----------
    ae_title : str
        What the node is called; associations that call another title are refused.
    host, port
        Where to listen; port 0 takes any free one.
    ae_titles : tuple of str
        Who may send; empty lets in any title, which is allowed on this machine only.
    addresses : tuple of network
        From where: addresses or networks such as ``10.1.0.0/16``.
    tls : TlsSettings or None
        None: not encrypted.
    """

    ae_title: AeTitle = "CALCIMETRY"
    host: str = "127.0.0.1"
    port: Port = 11112
    ae_titles: tuple[AeTitle, ...] = ()
    addresses: tuple[IPvAnyNetwork, ...] = LOOPBACK
    tls: TlsSettings | None = None


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Receiving by STOW-RS, the status page, metrics and health.

    Parameters
    ----------
    enabled : bool
        Without it nothing listens for HTTP.
    host, port
        As of `DicomSettings`.
    names : tuple of str
        Host names by which the node is called, against pages that rebind a name of theirs.
    addresses : tuple of network
        From where it may be asked.
    token_file : Path or None
        File that holds the token which all but the health check asks for.
    token : str
        What `token_file` held; empty where no token is asked for, which is allowed on this
        machine only.
    tls : TlsSettings or None
        None: plain HTTP, allowed on this machine only or with `behind_proxy`.
    behind_proxy : bool
        A proxy in front of the node does the encryption.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 8042
    names: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    addresses: tuple[IPvAnyNetwork, ...] = LOOPBACK
    token_file: Path | None = None
    token: str = field(default="", repr=False)
    tls: TlsSettings | None = None
    behind_proxy: bool = False


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """Where received instances lie.

    Parameters
    ----------
    folder : Path
        On one file system, with room.
    quota_gb : float
        Most that the node keeps there, in GB (10^9 bytes).
    keep_free_gb : float
        Least that stays free on that file system; below it instances are refused.
    keep_days : float
        How long received instances and results are kept after the results were sent everywhere.
    """

    folder: Path
    quota_gb: Positive = 100.0
    keep_free_gb: NotNegative = 5.0
    keep_days: NotNegative = 7.0


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """The results database: a URL as SQLAlchemy takes it; empty for a file in the spool folder."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one peer, and all of them, may ask of the node.

    Parameters
    ----------
    instance_mb : float
        Largest instance, in MB (10^6 bytes).
    associations : int
        Most DICOM associations at once; those beyond are rejected, for a while.
    connections_per_minute : int
        From one address, DICOM and HTTP each.
    requests : int
        Most HTTP connections at once.
    request_mb : float
        Largest STOW-RS request, in MB.
    idle_s : float
        How long a connection may be silent, in seconds.
    instance_s : float
        How long sending one instance may take, in seconds.
    """

    instance_mb: Positive = 1024.0
    associations: Annotated[int, Field(ge=1, le=200)] = 16
    connections_per_minute: Count = 6000
    requests: Count = 32
    request_mb: Positive = 4096.0
    idle_s: Positive = 30.0
    instance_s: Positive = 300.0


@dataclass(frozen=True, slots=True)
class CompletenessSettings:
    """When a study is complete: what comes first of these, or an explicit POST.

    Parameters
    ----------
    stable_s : float
        Seconds without a new instance.
    instances : int
        So many instances; 0 does not count.
    """

    stable_s: Positive = 60.0
    instances: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Measuring.

    Parameters
    ----------
    processes : int
        Studies measured at once.
    memory_mb : float
        Most memory of one, in MB.
    seconds : float
        Longest that one may take.
    attempts : int
        Tries before a study counts as failed.
    wait_s, longest_wait_s : float
        Wait before the second try, in seconds; doubled before each further one up to the longest.
    """

    processes: Count = 1
    memory_mb: Positive = 8000.0
    seconds: Positive = 3600.0
    attempts: Count = 3
    wait_s: Positive = 30.0
    longest_wait_s: Positive = 1800.0


@dataclass(frozen=True, slots=True)
class MeasureSettings:
    """How studies are measured: options of ``calcimetry measure``.

    Parameters
    ----------
    settings : Path or None
        Its ``--settings`` file.
    calibration : Path or None
        Its ``--calibration`` file.
    score : bool
        Its ``--score``.
    """

    settings: Path | None = None
    calibration: Path | None = None
    score: bool = False


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Sending results.

    Parameters
    ----------
    attempts : int
        Tries before a delivery counts as failed.
    wait_s, longest_wait_s : float
        Wait before the second try, in seconds; doubled before each further one up to the longest.
    timeout_s : float
        Longest silence of a destination, in seconds.
    """

    attempts: Count = 10
    wait_s: Positive = 10.0
    longest_wait_s: Positive = 3600.0
    timeout_s: Positive = 60.0


@dataclass(frozen=True, slots=True)
class DicomDestination:
    """Results are sent there by C-STORE."""

    name: Name
    kind: Literal["dicom"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    ae_title: AeTitle
    tls: TlsSettings | None = None


@dataclass(frozen=True, slots=True)
class StowDestination:
    """Results are sent there by STOW-RS; `url` ends before ``/studies``.

    `authorization_file` holds the value of the Authorization header, such as ``Bearer ...``.
    """

    name: Name
    kind: Literal["stow"]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
    authorization_file: Path | None = None
    authorization: str = field(default="", repr=False)
    tls: TlsSettings | None = None


Destination = Annotated[DicomDestination | StowDestination, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Everything that a node is told; each group's class says what its fields mean."""

    spool: SpoolSettings
    dicom: DicomSettings = field(default_factory=DicomSettings)
    web: WebSettings = field(default_factory=WebSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    completeness: CompletenessSettings = field(default_factory=CompletenessSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    measure: MeasureSettings = field(default_factory=MeasureSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    destinations: tuple[Destination, ...] = ()

    @property
    def database_url(self) -> str:
        """The database's address, with its default."""
        return self.database.url or f"sqlite:///{self.spool.folder / 'node.sqlite'}"
