"""CT as scanners and archives store it: which series can be measured, and their voxels in HU."""
