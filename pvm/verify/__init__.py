"""The verifier: the proof that a module is safe to run, which native engines trust blindly."""

from pvm.verify.rules import Rule
from pvm.verify.verified import VerifiedFunction, VerifiedModule
from pvm.verify.verifier import verify

__all__ = ["Rule", "VerifiedFunction", "VerifiedModule", "verify"]
