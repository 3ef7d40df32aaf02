"""Settings: `base` is shared; `development`, `test` and `production` say how a place differs."""
