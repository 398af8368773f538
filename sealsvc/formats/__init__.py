"""Electronic seals and seal signatures, pure: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025."""
