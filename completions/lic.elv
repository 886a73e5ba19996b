
set edit:completion:arg-completer[lic] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) LIC_COMPLETE="elvish" lic -- $@words) | to-lines
}

