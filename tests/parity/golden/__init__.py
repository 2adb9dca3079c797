"""What libraries gave that cannot be installed beside ours, and the scripts that asked them."""
