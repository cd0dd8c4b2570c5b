"""One file per migration; one that was released is never changed."""
