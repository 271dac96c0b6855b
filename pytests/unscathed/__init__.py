"""What Unscathed runs inside an interpreter: probes, adapters, mutants.

Plain Python in the common subset of 2.7 and 3, standard library only. Nothing here
has an opinion: what is seen is written down, and the judge is elsewhere.
"""
