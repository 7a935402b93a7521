# bash completion for berth. Options and their choices are read from `berth COMMAND --help`, so they are never stale.

_berth_words() {
    berth "$1" --help 2>/dev/null | grep -oE -- '(^|[ ,])--?[a-z-]+' | grep -oE -- '-.*'
}

# The choices of an option: "--output table|json" in the help.
_berth_choices() {
    berth "$1" --help 2>/dev/null | sed -nE "s/^ .*[ ,]?$2(, .*)? ([a-z0-9-]+(\|[a-z0-9-]+)+)\$/\2/p" | tr '|' ' '
}

_berth() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    COMPREPLY=()
    [ "$current" != = ] || current='' previous== # --timeline=FILE, --add-nodes 3=FILE
    if [ "$COMP_CWORD" -eq 1 ]; then
        local commands
        commands=$(berth help 2>/dev/null | sed -nE 's/^  ([a-z]+) +[A-Z].*/\1/p')
        COMPREPLY=($(compgen -W "$commands --help --version" -- "$current"))
        return
    fi
    case "$previous" in
    -f | --filename | -c | --config | --report | =)
        compopt -o filenames
        COMPREPLY=($(compgen -f -- "$current"))
        return
        ;;
    -p | --pod)
        if [ "$command" = capacity ]; then
            compopt -o filenames
            COMPREPLY=($(compgen -f -- "$current"))
        fi
        return
        ;;
    -*)
        local choices
        choices=$(_berth_choices "$command" "$previous")
        if [ -n "$choices" ]; then
            COMPREPLY=($(compgen -W "$choices" -- "$current"))
            return
        fi
        ;;
    esac
    if [[ $current == -* ]]; then
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
