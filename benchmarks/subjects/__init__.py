"""What is measured side by side: each module's `start(url)` gives work, in a process of its own."""
