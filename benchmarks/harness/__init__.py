"""What benchmarks and proofs share: copy of the tree, resuming, measuring, server, browser, page."""
