# bash completion for berth. Options and their choices are read from `berth COMMAND --help`, so they are never stale.

_berth_words() {
    berth "$1" --help 2>/dev/null | grep -oE -- '(^|[ ,])--?[a-z-]+' | grep -oE -- '-.*'
}

# What the help says that an option takes: "FILE", "NUMBER=FILE", "table|json"; nothing for a flag.
_berth_value() {
    berth "$1" --help 2>/dev/null | sed -nE "s/^ .*[ ,]$2(, --[a-z-]+)?( |\[=)(.+)\$/\3/p" | head -n 1
}

_berth() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        local commands
        commands=$(berth help 2>/dev/null | sed -nE 's/^  ([a-z]+) +[A-Z].*/\1/p')
        COMPREPLY=($(compgen -W "$commands --help --version" -- "$current"))
        return
    fi
    # --output=json comes as three words, --add-nodes 3=FILE as four.
    local value='' at=$((COMP_CWORD - 1)) glued=
    if [ "$current" = = ]; then
        current='' glued=yes
    elif [ "$previous" = = ]; then
        at=$((COMP_CWORD - 2)) glued=yes
    fi
    [ -z "$glued" ] || [[ ${COMP_WORDS[at]} == -* ]] || at=$((at - 1))
    [[ ${COMP_WORDS[at]} != -* ]] || value=$(_berth_value "$command" "${COMP_WORDS[at]}")
    [ -n "$glued" ] || [ "${COMP_WORDS[at]}" != --timeline ] || value= # its file is glued to it
    if [[ $value == *FILE* ]]; then
        [ -n "$glued" ] || [[ $value != NUMBER=* ]] || return
        compopt -o filenames
        COMPREPLY=($(compgen -f -- "$current"))
    elif [ -n "$value" ]; then
        [[ $value != *[A-Z]* ]] || return # only you know
        COMPREPLY=($(compgen -W "${value//|/ }" -- "$current"))
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$(_berth_words "$command")" -- "$current"))
    elif [ "$command" = config ] && [ "$COMP_CWORD" -eq 2 ]; then
        COMPREPLY=($(compgen -W "check show" -- "$current"))
    elif [ "$command" = help ]; then
        COMPREPLY=($(compgen -W "$(berth help | sed -nE 's/^  ([a-z]+) +[A-Z].*/\1/p')" -- "$current"))
    else
        compopt -o filenames
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}
complete -F _berth berth
