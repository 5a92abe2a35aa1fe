"""The `agora` command, for partners and operators."""
