"""Every error that calcimetry raises on purpose.

::

    CalcimetryError
    ├── InputError                 the input cannot be used as it is
    │   ├── UnreadableFile         missing, empty, truncated, not an image, no permission
    │   ├── UnsupportedImage       an image of a kind that is refused (true colour, CMYK, too large)
    │   ├── SpacingError           pixel spacing missing, zero, negative or absurd
    │   ├── ManifestError          a manifest.csv that contradicts itself or the folder
    │   └── Refused                the node does not take what a peer sent
    ├── NotMeasurable              read, but this picture cannot give the quantity asked for
    ├── SettingsError              an option or a settings file is wrong
    ├── ModelError                 network weights missing, altered or of the wrong shape
    └── OutputError                results could not be written

A message says what was being done, what was expected, what was found (with its
unit), where, and what to do. It never holds a patient's name: callers put file
names in, and nothing read from inside a file's headers.
"""


class CalcimetryError(Exception):
    """Base of every error that calcimetry raises on purpose."""


class InputError(CalcimetryError):
    """The input cannot be used as it is."""


class UnreadableFile(InputError):
    """A file is missing, empty, truncated, not an image or may not be opened."""


class UnsupportedImage(InputError):
    """An image of a kind that is refused, such as true colour or CMYK."""


class SpacingError(InputError):
    """Pixel spacing is missing, not positive, or outside what a finger picture can have."""


class ManifestError(InputError):
    """A manifest.csv is malformed, or contradicts itself or its folder."""


class Refused(InputError):
    """The node does not take what a peer sent.

    Parameters
    ----------
    kind : str
        Why, in one of few words, for counting (`calcimetry.node.refusals`).
    reason : str
        Why, as a sentence without identity.

    Attributes
    ----------
    identity : calcimetry.node.identity.Identity or None
        UIDs of what is not taken, for the answer to its sender, where they could be read.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(kind, reason)
        self.kind = kind
        self.reason = reason
        self.identity: object = None

    def __str__(self) -> str:
        return self.reason


class NotMeasurable(CalcimetryError):
    """The input was read, but cannot support the quantity that was asked for."""


class SettingsError(CalcimetryError):
    """An option or a settings file holds a value that cannot be used."""


class ModelError(CalcimetryError):
    """Network weights are missing, altered, or do not fit their method."""


class OutputError(CalcimetryError):
    """Results could not be written; what was written earlier is untouched."""
