"""What all flows share: run context, session, release writer, ledger, launch, artifacts, logs."""
