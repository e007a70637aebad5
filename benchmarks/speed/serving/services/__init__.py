"""The same SavedModel behind the other servers, each as its documentation has it, on the same engine."""
