# Completion of twinlens for bash.
# shellcheck shell=bash

_twinlens_options() {
    case $1 in
    serve) echo "-c --config --listen --camera --max-viewers -o --option --help" ;;
    cameras) echo "--json --help" ;;
    tune) echo "--profile --service --partial --state --json --help" ;;
    boot) echo "--limit --json --help" ;;
    soak) echo "--viewers --duration --interval --state --report --judge --available --period --json --help" ;;
    top) echo "--interval --url --help" ;;
    profile) echo "--pid --duration --out --help" ;;
    load) echo "--viewers --cameras --duration --transport --slow --stall --churn --min-fps --hgrm --json --help" ;;
    watch) echo "-c --config --once --since --interval --log --alert --exec --mail --pid --name --textfile --json --help" ;;
    simulate) echo "--memory --board --whole-machine --find --url --viewers --min-fps --max-age --json --help" ;;
    accept) echo "--stage --memory --duration --out --baseline --soak --url -c --config --json --help" ;;
    esac
}

# What may follow the previous word: "files", "folders", or words.
_twinlens_values() {
    case $1:$2 in
    serve:-c | serve:--config | soak:--judge) echo files ;;
    tune:--state | soak:--state | soak:--report) echo folders ;;
    tune:--profile) echo "guide zram" ;;
    tune:--service) systemctl list-unit-files --no-legend --plain '*.service' 2>/dev/null | cut -d ' ' -f 1 ;;
    serve:--listen | serve:--camera | serve:--max-viewers | serve:-o | serve:--option | boot:--limit) ;;
    top:--interval | top:--url) ;;
    soak:--viewers | soak:--duration | soak:--interval | soak:--available | soak:--period) ;;
    profile:--out) echo folders ;;
    profile:--pid | profile:--duration) ;;
    load:--hgrm) echo files ;;
    load:--transport) echo "websocket multipart" ;;
    load:--cameras) echo all ;;
    load:--viewers | load:--duration | load:--slow | load:--stall | load:--churn | load:--min-fps) ;;
    watch:-c | watch:--config | watch:--log | watch:--textfile) echo files ;;
    watch:--since | watch:--interval | watch:--alert | watch:--exec | watch:--mail | watch:--pid | watch:--name) ;;
    simulate:--board) echo rk3588-4gb ;;
    simulate:--memory | simulate:--url | simulate:--viewers | simulate:--min-fps | simulate:--max-age) ;;
    accept:--baseline | accept:-c | accept:--config) echo files ;;
    accept:--out | accept:--soak) echo folders ;;
    accept:--stage) echo "baseline simulated hardware" ;;
    accept:--duration | accept:--memory | accept:--url) ;;
    help:help) echo "serve cameras tune boot soak top profile load watch simulate accept" ;;
    *) return 1 ;;
    esac
}

_twinlens() {
    local word=$2 verb=${COMP_WORDS[1]-} words
    if ((COMP_CWORD == 1)); then
        words="serve cameras tune boot soak top profile load watch simulate accept help --version --help"
    elif ! words=$(_twinlens_values "$verb" "$3"); then
        words=$(_twinlens_options "$verb")
        if [[ $verb == tune && $word != -* ]]; then
            words="plan apply status rollback boot"
        elif [[ $verb == profile && $word != -* ]]; then
            words="leaks"
        fi
    elif [[ $words == files || $words == folders || $word == */* ]]; then
        local kind=-f
        [[ $words == folders ]] && kind=-d
        mapfile -t COMPREPLY < <(compgen "$kind" -- "$word")
        compopt -o filenames
        return
    fi
    mapfile -t COMPREPLY < <(IFS=$' \n' compgen -W "$words" -- "$word")
}

complete -F _twinlens twinlens
