"""The pages of a publication: plain, self-contained HTML, one per audience."""
