"""An open data platform for AI-agent spend: vendors' reports in, checked and published marts out."""
