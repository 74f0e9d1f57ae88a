"""What a network sees: its kernels, feature maps, strongest patches, Grad-CAM, assigned boxes and proposals."""
