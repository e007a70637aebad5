"""The same SavedModel behind the other servers, each as its documentation says, with the engine that ours has."""
