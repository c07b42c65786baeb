# Completion of twinlens for fish.

set -l verbs serve cameras tune boot soak top profile load watch simulate accept
set -l actions plan apply status rollback boot

function __twinlens_services
    systemctl list-unit-files --no-legend --plain '*.service' 2>/dev/null | string split -f 1 ' '
end

function __twinlens_verb_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end

complete -c twinlens -f
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a serve -d 'stream the cameras to browsers'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a cameras -d 'list capture devices, and which are usable'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a tune -d 'make the machine fit in its memory, and take it back'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a boot -d 'where the start-up time went'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a soak -d 'whether memory leaks'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a top -d 'where the memory is, live'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a profile -d 'where CPU time, system calls and memory of a running server go'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a load -d 'watch a server with many viewers, and report what they get'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a watch -d 'record where the memory goes, and raise alerts'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a simulate -d 'run a command, or the whole machine, with less memory'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a accept -d 'decide whether 4 GB of memory are enough, with a report'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -a help -d 'print the options of a verb'
complete -c twinlens -n "not __fish_seen_subcommand_from $verbs help" -l version -d 'print the version'
complete -c twinlens -n '__twinlens_verb_is help' -a "$verbs"

complete -c twinlens -n '__twinlens_verb_is serve' -s c -l config -r -F -d 'read this file'
complete -c twinlens -n '__twinlens_verb_is serve' -l listen -x -d 'listen on this address and port'
complete -c twinlens -n '__twinlens_verb_is serve' -l camera -x -d 'a camera: name=spec'
complete -c twinlens -n '__twinlens_verb_is serve' -l max-viewers -x -d 'streams at a time'
complete -c twinlens -n '__twinlens_verb_is serve' -s o -l option -x -d 'any setting of the file: section.key=value'
complete -c twinlens -n '__twinlens_verb_is serve' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is cameras' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is cameras' -l help -d 'print the options'

complete -c twinlens -n "__twinlens_verb_is tune; and not __fish_seen_subcommand_from $actions" -a "$actions"
complete -c twinlens -n '__twinlens_verb_is tune' -l profile -r -F -a 'guide zram' -d 'what is wanted'
complete -c twinlens -n '__twinlens_verb_is tune' -l service -x -a '(__twinlens_services)' -d 'a further service to disable and stop'
complete -c twinlens -n '__twinlens_verb_is tune' -l partial -d 'apply what can be applied'
complete -c twinlens -n '__twinlens_verb_is tune' -l state -x -a '(__fish_complete_directories)' -d 'keep the journal there'
complete -c twinlens -n '__twinlens_verb_is tune' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is tune' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is boot' -l limit -x -d 'exit status 1 when it took longer'
complete -c twinlens -n '__twinlens_verb_is boot' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is boot' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is soak' -l viewers -x -d 'streams that are held open'
complete -c twinlens -n '__twinlens_verb_is soak' -l duration -x -d 'how long'
complete -c twinlens -n '__twinlens_verb_is soak' -l interval -x -d 'between two samples'
complete -c twinlens -n '__twinlens_verb_is soak' -l state -x -a '(__fish_complete_directories)' -d 'keep samples and log there'
complete -c twinlens -n '__twinlens_verb_is soak' -l report -x -a '(__fish_complete_directories)' -d 'the verdict on what is there'
complete -c twinlens -n '__twinlens_verb_is soak' -l judge -r -F -d 'the verdict on this file'
complete -c twinlens -n '__twinlens_verb_is soak' -l available -x -d 'how long a leak lasts is until these are gone'
complete -c twinlens -n '__twinlens_verb_is soak' -l period -x -d 'at which memory comes and goes'
complete -c twinlens -n '__twinlens_verb_is soak' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is soak' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is top' -l interval -x -d 'between two looks'
complete -c twinlens -n '__twinlens_verb_is top' -l url -x -d 'of the server'
complete -c twinlens -n '__twinlens_verb_is top' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is profile' -a 'leaks'
complete -c twinlens -n '__twinlens_verb_is profile' -l pid -x -d 'look at this process'
complete -c twinlens -n '__twinlens_verb_is profile' -l duration -x -d 'how long'
complete -c twinlens -n '__twinlens_verb_is profile' -l out -x -a '(__fish_complete_directories)' -d 'write the logs there'
complete -c twinlens -n '__twinlens_verb_is profile' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is load' -l viewers -x -d 'viewers that are measured'
complete -c twinlens -n '__twinlens_verb_is load' -l cameras -x -a all -d 'what they watch'
complete -c twinlens -n '__twinlens_verb_is load' -l duration -x -d 'how long'
complete -c twinlens -n '__twinlens_verb_is load' -l transport -x -a 'websocket multipart' -d 'how pictures are asked for'
complete -c twinlens -n '__twinlens_verb_is load' -l slow -x -d 'viewers that read slowly'
complete -c twinlens -n '__twinlens_verb_is load' -l stall -x -d 'viewers that read nothing'
complete -c twinlens -n '__twinlens_verb_is load' -l churn -x -d 'viewers that come and go'
complete -c twinlens -n '__twinlens_verb_is load' -l min-fps -x -d 'exit status 1 below this frame rate'
complete -c twinlens -n '__twinlens_verb_is load' -l hgrm -r -F -d 'write the ages of pictures there'
complete -c twinlens -n '__twinlens_verb_is load' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is load' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is watch' -s c -r -F -d 'settings'
complete -c twinlens -n '__twinlens_verb_is watch' -l config -r -F -d 'settings'
complete -c twinlens -n '__twinlens_verb_is watch' -l once -d 'print one sample'
complete -c twinlens -n '__twinlens_verb_is watch' -l since -x -d 'print what was recorded'
complete -c twinlens -n '__twinlens_verb_is watch' -l interval -x -d 'between samples'
complete -c twinlens -n '__twinlens_verb_is watch' -l log -r -F -d 'lines for people'
complete -c twinlens -n '__twinlens_verb_is watch' -l alert -x -d 'used memory that raises an alert'
complete -c twinlens -n '__twinlens_verb_is watch' -l exec -x -d 'run this for alerts'
complete -c twinlens -n '__twinlens_verb_is watch' -l mail -x -d 'send mail for alerts'
complete -c twinlens -n '__twinlens_verb_is watch' -l pid -x -d 'watch this process, too'
complete -c twinlens -n '__twinlens_verb_is watch' -l name -x -d 'watch processes of this name, too'
complete -c twinlens -n '__twinlens_verb_is watch' -l textfile -r -F -d 'Prometheus text'
complete -c twinlens -n '__twinlens_verb_is watch' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is watch' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is simulate' -l memory -x -d 'the memory to run with'
complete -c twinlens -n '__twinlens_verb_is simulate' -l board -x -d 'the memory of this board'
complete -c twinlens -n '__twinlens_verb_is simulate' -l whole-machine -d 'take the rest from the whole machine'
complete -c twinlens -n '__twinlens_verb_is simulate' -l find -d 'find the least memory for a server'
complete -c twinlens -n '__twinlens_verb_is simulate' -l url -x -d 'the stream that is watched'
complete -c twinlens -n '__twinlens_verb_is simulate' -l viewers -x -d 'that watch it'
complete -c twinlens -n '__twinlens_verb_is simulate' -l min-fps -x -d 'frames a second that are needed'
complete -c twinlens -n '__twinlens_verb_is simulate' -l max-age -x -d 'age on screen that is allowed'
complete -c twinlens -n '__twinlens_verb_is simulate' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is simulate' -l help -d 'print the options'

complete -c twinlens -n '__twinlens_verb_is accept' -l stage -x -d 'of the rollout'
complete -c twinlens -n '__twinlens_verb_is accept' -l memory -x -d 'of the machine in the stage simulated'
complete -c twinlens -n '__twinlens_verb_is accept' -l duration -x -d 'of the run with four viewers'
complete -c twinlens -n '__twinlens_verb_is accept' -l out -x -a '(__fish_complete_directories)' -d 'write the report there'
complete -c twinlens -n '__twinlens_verb_is accept' -l baseline -r -F -d 'accept.json to compare with'
complete -c twinlens -n '__twinlens_verb_is accept' -l soak -x -a '(__fish_complete_directories)' -d 'state of a soak'
complete -c twinlens -n '__twinlens_verb_is accept' -l url -x -d 'of the server'
complete -c twinlens -n '__twinlens_verb_is accept' -s c -r -F -d 'configuration of a server that is started'
complete -c twinlens -n '__twinlens_verb_is accept' -l config -r -F -d 'configuration of a server that is started'
complete -c twinlens -n '__twinlens_verb_is accept' -l json -d 'print JSON'
complete -c twinlens -n '__twinlens_verb_is accept' -l help -d 'print the options'
