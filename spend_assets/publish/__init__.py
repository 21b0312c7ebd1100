"""Read-only publications per audience: made from the warehouse after its checks passed, behind an atomically replaced link."""
