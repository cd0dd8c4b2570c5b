"""Which words of a text may stay: technical ones, and nothing that is part of a patient's identity.

A list of words that must go is never complete; this is a list of those that may stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

#: What a scan, a reconstruction, a place of the body or a result is called. Lower case; what
#: `calcimetry.dicom.energy` and `calcimetry.dicom.kinds` look for must be among them.
_WORDS = """
a b ab c d e ct dect mdct pcct hrct spect pet de dual energy single source spectral spiral helical
sequence sequential axial ax transverse transversal tra coronal cor sagittal sag oblique obl mpr mpvr
cpr volume vol slice slices slab thin thick fine standard std stnd smooth medium sharp soft softer tissue
bone bones bony detail boneplus edge lung kernel recon reconstruction reformat reformatted average
original primary derived secondary other localizer topogram scout surview scano scanogram spi som5
som7 som10 snrg stack raw native plain noncontrast contrast enhanced without with and of the in on to
low high lower higher mix mixed mixing blend blended optimum composed fused fusion overlay color
colour map maps image images series mono monoe monoenergetic monochromatic virtual vnc vnca
virtualnonca non unenhanced vue calcium suppressed supp suppression hap hydroxyapatite iodine
uric urate msu gout marrow bonemarrow zeff effective atomic number electron density rho mass
material materials monoplus qa dens eff_atomic_num electron_density mat_decomp_pair
mip minip min max maximum minimum intensity projection vr vrt ssd render rendering rendered 3d 2d 4d
det detector tube filter tin sn none wedge butterfly flat medium_body body head large small phantom
ir iterative fbp safire admire asir asirv veo idose imr aidr aice deep learning dlir mbir qir ffs
hand hands wrist wrists carpus carpal finger fingers thumb index ring little digit digits forearm
extremity extremities upper limb arm palm phalanx phalanges metacarpal metacarpals sesamoid radius ulna
right left both bilateral unilateral proximal distal middle palmar volar dorsal radial ulnar whole
hu kv kvp kev ma mas mm cm mgy hf ffp ffdl feet first prone supine decubitus superman
lesion lesions calcinosis calcification calcifications calcific cutis deposit deposits burden total
segmentation segment label measurement measurements report result results finding findings algorithm
calcimetry unet vnet pnet kmeans em network model simulated simulation research use only not measured
measurable complete partial failed area length axis long short ellipse ellipsoid hydroxyapatite volume
mean uncertainty interval confidence derived study hand-digit-aligned straightened baseline followup
follow up visit siemens healthineers healthcare ge gehc medical systems philips canon toshiba hitachi
fujifilm united imaging neusoft samsung mimics gmbh corporation inc somatom force definition
flash drive edge as confidence perspective scope emotion sensation naeotom alpha peak pro pulse xceed
x.cite go.top go.all go.now go.up go.sim go.open revolution apex evo frontier ascend maxima
lightspeed brightspeed optima discovery vct iqon ict ingenuity brilliance incisive spectral7500 aquilion
one prime precision lightning genesis exceed vision uct syngo via mvision
hard info mat_water mat_iodine mat_calcium mat_hap mat_fat mat_blood mat_uric mat_bone mat_soft
monosodium feret diameter largest second third orthogonal space depth skin under perimeter ratio count
aspect nearest touches undet undetermined status cov coverage seen cut field view off plane off-plane
obscured artefact resorbed found warning severity pathologic pathological structure anatomical
morphologically abnormal sesamoid-of-hand kind not-found
"""
#: DICOM's own enumerated values and defined terms of what CT, segmentations and reports state,
#: beyond the words above (PS3.3). Upper case.
_TERMS = """
YES NO UNKNOWN AUTO MANUAL SEMIAUTOMATIC AUTOMATIC BINARY FRACTIONAL LABELMAP PROBABILITY OCCUPANCY
MONOCHROME1 MONOCHROME2 PALETTE RGB IDENTITY INVERSE LINEAR LINEAR_EXACT SIGMOID ISO ORIGINAL PRIMARY
DERIVED SECONDARY AXIAL LOCALIZER VOLUME SAMPLED DISTORTED MIXED NONE RESAMPLED MAX_IP MIN_IP MEAN_IP
FILTERED MEDIAN EDGE_ENHANCE ENERGY_PROP_WT OTHER ATTENUATION VMI MAT_SPECIFIC MAT_REMOVED
MAT_FRACTIONAL MAT_VALUE_BASED EFF_ATOMIC_NUM ELECTRON_DENSITY MULTI_ENERGY ENERGY_INTEGRATING
PRODUCT RESEARCH SERVICE ORIGINAL_DATA SEQUENCED SPIRAL CONSTANT_ANGLE STATIONARY FREE HELICAL
MODE CW CC FILTER_BACK_PROJ ITERATIVE BRAIN SOFT_TISSUE CARDIAC LUNGS BONE GENERAL HFS HFP HFDL HFDR
FFS FFP FFDR FFDL LFP LFS RFP RFS AFDL AFDR AFP AFS PFDL PFDR PFP PFS
SEG SR CT KO PR CONTAINER TEXT NUM CODE DATETIME DATE TIME UIDREF PNAME COMPOSITE IMAGE WAVEFORM
SCOORD SCOORD3D TCOORD TABLE CONTAINS HAS_OBS_CONTEXT HAS OBS CONTEXT CONCEPT MOD PROPERTIES ACQ
INFERRED FROM SELECTED SEPARATE CONTINUOUS POINT MULTIPOINT POLYLINE CIRCLE ELLIPSE POLYGON
ELLIPSOID MULTISEGMENT COMPLETE PARTIAL VERIFIED UNVERIFIED PRELIMINARY FINAL DCMR DCM SCT SRT UCUM LN
ISO_10918_1 ISO_14495_1 ISO_15444_1 ISO_15444_15 QUADRUPED BIPED 3D TILED_FULL TILED_SPARSE
TEMPORAL 3D_TEMPORAL HAND WRIST FINGER THUMB ARM FOREARM EXTREMITY UPPEREXTREMITY EXTREMITIES ELBOW
R L B U M F O XYZ_EC XY_EC Z_EC ANGULAR LONGITUDINAL DYNAMIC FIXED TIN COPPER ALUMINUM TITANIUM
MOLYBDENUM NIOBIUM LEAD TUNGSTEN STRIP WEDGE BUTTERFLY MULTIPLE FLAT SURFACE LINE PRESENTATION
PROCESSING UNIFORM NON_UNIFORM SLOPE INTERCEPT HU US MGML Z_EFF ED EDW HU_MOD PCT LINE_OF_RESPONSE
REGULAR ONLINE_DOUBLE SURGERY NORMAL SUPINE PRONE ERECT RECUMBENT FULL HALF SMOOTH SHARP
"""
_PHRASES = (
    r"(?:Sn|tin)[\s-]*\d{2,3}(?:\s*-?kVp?)?",  # energies
    r"\d{2,3}(?:\.\d)?\s*-?ke?Vp?",
    r"ke?V[\s_-]*\d{2,3}",
    r"[MF]_?0[.,]\d",
    r"mono[\s_+]*(?:plus)?[\s_]*\d{2,3}",
    r"ca.?supp(?:ression|ressed)?",
    r"\d{1,4}\s*-?(?:mAs?|ms)",
    r"\d{1,3}(?:[.,]\d{1,3})?\s*mm[23]?",  # sizes
    r"(?<!\d[.,])\d[.,]\d{1,4}(?![.,]\d)",
    r"\d{1,3}\s?%",
    r"FC\d{2}(?:-H)?|Y[A-D]|(?-i:[BDHIJQSTU][a-z]?)_?\d{2}[a-z]{0,2}(?:\\\d)?",  # kernels
    r"(?:VA|VB|VE|CT|SOM)\d{1,2}[A-Z]?(?:[_\s]SP\d{1,2})?",  # scanners and their software
    r"v?\d{1,2}\.\d{1,3}\.\d{1,3}",
    # results
    r"(?:lesions?|segments?|finger|digit|hand|series|slices?|bone|label|visit|det|part)[\s_#-]*\d{1,4}",
)
_ALLOWED = re.compile(
    r"(?<![^\W_])(?:"
    + "|".join(_PHRASES)
    + "|"
    + "|".join(re.escape(word) for word in sorted(set(_WORDS.split()), key=lambda w: (-len(w), w)))
    + r")(?![^\W_])",
    re.IGNORECASE | re.ASCII,
)
_TERM = frozenset(_TERMS.split())
_PARTS = re.compile(r"[\W_]+")
#: A part of a name or number shorter than this is too common to be looked for within words.
_WITHIN = 4


def technical_words(text: str, identity: frozenset[str] = frozenset()) -> str:
    """What may stay of a text: its technical words and numbers, in their order.

    Parameters
    ----------
    text : str
    identity : frozenset of str
        Parts of the patient's names and numbers (`parts`), which go even where they are
        technical words.

    Returns
    -------
    str
        Parted by single spaces; the text as it stood where all of it may stay.

    Examples
    --------
    >>> technical_words("DE Hand, Sn150kV 0.6 Br40 (Mrs. Miller 4711)")
    'DE Hand Sn150kV 0.6 Br40'
    >>> technical_words("Hand right", parts(["Hand^Anna"]))
    'right'
    """
    kept = [found[0] for found in _ALLOWED.finditer(text) if not _of_identity(found[0], identity)]
    joined = " ".join(kept)
    return text if _letters(joined) == _letters(text) and _harmless(text) else joined


def is_technical(text: str, identity: frozenset[str] = frozenset()) -> bool:
    """Whether all of a text may stay.

    Examples
    --------
    >>> is_technical("MONOCHROME2"), is_technical("DOE JANE")
    (True, False)
    """
    if text in _TERM:
        return not _of_identity(text, identity)
    return bool(_letters(text)) and technical_words(text, identity) == text


def parts(texts: Iterable[str]) -> frozenset[str]:
    """Parts of names and numbers that tell who somebody is, in lower case.

    Examples
    --------
    >>> sorted(parts(["Doe^Jane^^Dr", "P-4711"]))
    ['4711', 'doe', 'dr', 'jane', 'p4711']
    """
    found = set()
    for text in texts:
        pieces = [piece for piece in _PARTS.split(text.casefold()) if piece]
        found.update(pieces, ["".join(pieces)] if text.count("^") == 0 else [])
    return frozenset(piece for piece in found if len(piece) > 1)


def holds_identity(text: str, identity: frozenset[str]) -> bool:
    """Whether a text holds a part of a name or number.

    Examples
    --------
    >>> holds_identity("CT of Jane", parts(["Doe^Jane"]))
    True
    """
    return _of_identity(text, identity)


def _of_identity(text: str, identity: frozenset[str]) -> bool:
    folded = text.casefold()
    own = {*_PARTS.split(folded), "".join(_PARTS.split(folded))}
    return bool(own & identity) or any(
        len(part) >= _WITHIN and part in folded for part in identity
    )


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _harmless(text: str) -> bool:
    """Whether nothing but plain signs stands between the letters."""
    return text.isascii() and text.isprintable()
