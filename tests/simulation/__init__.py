"""The whole gateway on a virtual clock, with everything that can go wrong drawn from one seed."""
