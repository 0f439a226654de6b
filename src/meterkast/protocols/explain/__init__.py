"""Any frame or telegram of a meter, explained layer by layer."""
