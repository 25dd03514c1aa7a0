"""What staff prove themselves with beside the password: an app's codes, passkeys, and recovery codes for bad days."""
