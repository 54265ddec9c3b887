// Owner of the precompiled header of tests (test_pch.hh).
