complete --keep-order --exclusive --command lic --arguments "(LIC_COMPLETE=fish lic -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
