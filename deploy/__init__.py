"""What runs the hub: servers and processes for trying it here; images and manifests for production."""
