"""What leaves the house: pass files, stored generations, QC summary, provenance, review movie."""
