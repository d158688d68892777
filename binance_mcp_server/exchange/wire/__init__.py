"""The venue's wire, restated from its public documents: parameters, errors, bodies, limits."""
