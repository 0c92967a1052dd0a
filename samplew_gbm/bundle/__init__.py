"""The saved model: one file of named members, checked whole before any of it is parsed."""

from samplew_gbm.bundle.container import Bundle, Member, is_bundle, read_bundle, write_bundle

__all__ = ["Bundle", "Member", "is_bundle", "read_bundle", "write_bundle"]
