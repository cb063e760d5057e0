"""What people may ask of us, and how long we keep what we know: requests, answers, erasure, retention."""
