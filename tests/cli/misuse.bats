#!/usr/bin/env bats
# Every way to hold it wrong is answered by what is wrong and what to write instead, and exit status 2 (3 when an input
# cannot be read).
load common

@test "without arguments the help is printed on standard error" {
  misuse 2 'Usage: frostbyte' 'sweep' 'doctor' 'report' --
}

@test "an unknown command is refused" { misuse 2 'swep' -- swep; }

@test "an unknown flag is refused with the one that may be meant" {
  misuse 2 '--rusn' "did you mean '--runs'" 'frostbyte sweep --help' -- sweep alpha --rusn 5
}

@test "a sweep needs a function" { misuse 2 'no function is named' 'frostbyte sweep c-nolibc' -- sweep; }

@test "a function that does not exist is refused" {
  misuse 2 'alhpa' "alpha" -- sweep alhpa
}

@test "a folder without function.toml is refused" {
  mkdir empty
  misuse 2 'function.toml' -- sweep ./empty
}

@test "a program in place of a function is refused with what to write" {
  touch program
  misuse 2 'program' 'not a function.toml' '-- ./program' -- sweep ./program
}

@test "a function.toml that cannot be read tells the line" {
  echo 'name = ' >functions/alpha/function.toml
  misuse 2 'function.toml' -- sweep alpha
}

@test "zero runs are refused" { misuse 2 '--runs' -- sweep alpha -r 0; }
@test "runs that are no number are refused" { misuse 2 '--runs' 'many' -- sweep alpha -r many; }
@test "a negative warm-up is refused" { misuse 2 '--warmup' -- sweep alpha --warmup=-1; }
@test "a duration without sense is refused" { misuse 2 '--time' 'soon' -- sweep alpha --time soon; }
@test "a time budget of zero is refused" { misuse 2 '--time' 'zero' -- sweep alpha --time 0; }
@test "a timeout of zero is refused" { misuse 2 '--timeout' 'zero' -- sweep alpha --timeout 0s; }
@test "an unknown stop signal is refused" { misuse 2 '--stop' 'hup' -- sweep alpha --stop hup; }
@test "an unknown color choice is refused" { misuse 2 '--color' -- sweep alpha --color blue; }
@test "an unknown contract is refused" { misuse 2 '--contract' 'grpc' 'listen-fds' -- sweep alpha --contract grpc; }

@test "a contract the function does not speak is refused" {
  misuse 2 'alpha' 'it speaks none' 'port, listen-fds' -- sweep alpha --contract lambda --fake-launches 1
}

@test "an unknown isolation part is refused" { misuse 2 '--isolation' 'moat' -- sweep alpha --isolation full,-moat; }
@test "an unknown cache regime is refused" { misuse 2 '--cache' 'hot' 'warm, cold' -- sweep alpha --cache hot; }
@test "a memory limit that is no size is refused" { misuse 2 '--memory-limit' 'lots' -- sweep alpha --memory-limit lots; }
@test "a memory limit of zero is refused" { misuse 2 '--memory-limit' -- sweep alpha --memory-limit 0; }
@test "cpus that are no number are refused" { misuse 2 '--cpus' 'half' '--cpus 0.5,1,2' -- sweep alpha --cpus half; }
@test "a negative number of cpus is refused" { misuse 2 '--cpus' -- sweep alpha --cpus=-1; }
@test "a list of CPUs that is none is refused" { misuse 2 '--function-cpus' -- sweep alpha --function-cpus 3-1; }
@test "-L without values is refused" { misuse 2 '-L' 'LOG' '-L LOG=on,off' -- sweep alpha -L LOG; }

@test "-L with a value twice is refused" {
  misuse 2 'LOG' "'on' is given twice" -- sweep alpha -L LOG=on,on --fake-launches 1
}

@test "--env without a value is refused" { misuse 2 '--env' '--env LOG=off' -- sweep alpha --env LOG; }

@test "a workload the function does not serve is refused" {
  misuse 2 'beta' "does not serve 'hello'" 'it serves: health' -- sweep beta --workload hello
}

@test "request flags without a bare command are refused" {
  misuse 2 '--path' 'no bare command' '--workload' -- sweep alpha --path /x
}

@test "--port without a bare command is refused" { misuse 2 '--port' 'function.toml' -- sweep alpha --port 80; }
@test "a port beyond the range is refused" { misuse 2 '--port' '65536' -- sweep --port 65536 -- true; }
@test "--workload with a bare command alone is refused" { misuse 2 '--workload' '--path' -- sweep --workload hello -- true; }
@test "a path without a slash is refused" { misuse 2 '--path' '--path /x' -- sweep --path x -- true; }
@test "a header without a colon is refused" { misuse 2 '--header' 'NAME: VALUE' -- sweep --header x -- true; }
@test "a status no server sends is refused" { misuse 2 '--expect-status' -- sweep --expect-status 99 -- true; }
@test "a body file that is not there is refused" { misuse 2 '--body' 'nowhere' -- sweep --body @nowhere -- true; }
@test "a bare command that is not there is refused" { misuse 2 'no-such-server' 'PATH' -- sweep -- no-such-server; }
@test "quotes that are not closed are refused" { misuse 2 "a ' is not closed" -- sweep --command "sh -c 'x"; }

@test "more names than commands are refused" {
  misuse 2 '--name' 'two' -- sweep --command true -n one -n two
}

@test "an unknown format is refused with the known ones" {
  misuse 2 'jsn' "did you mean 'json'" 'markdown' -- sweep alpha -o jsn=-
}

@test "an output without a file is refused" { misuse 2 'json' '-o json=-' -- sweep alpha -o json; }

@test "an output in a folder that is not there is refused before anything is launched" {
  misuse 2 'nowhere' -- sweep alpha --fake-launches 1 -o json=nowhere/x.json
}

@test "two formats in one file are refused" {
  misuse 2 'x.json' 'another output' -- sweep alpha -o json=x.json -o csv=x.json
}

@test "two run files are refused" { misuse 2 'b.jsonl' 'a.jsonl' -- sweep alpha --run-file a.jsonl -o run=b.jsonl; }
@test "a run file on standard output is refused" { misuse 2 '-o run=-' -- sweep alpha --run-file -; }

@test "a run file that exists is not overwritten" {
  echo precious >run.jsonl
  misuse 3 'run.jsonl' '--resume' -- sweep alpha --fake-launches 1 --run-file run.jsonl
  [[ $(cat run.jsonl) == precious ]]
}

@test "--resume without a run file is refused" { misuse 2 '--run-file' -- sweep alpha --resume; }
@test "--resume of nothing without functions is refused" { misuse 3 'run.jsonl' -- sweep --resume --run-file run.jsonl; }

@test "--resume of something else than a run is refused" {
  echo hello >run.jsonl
  misuse 3 'run.jsonl' -- sweep --resume --run-file run.jsonl
}

@test "a report needs a run" { misuse 2 'RUN' -- report; }
@test "a report of a file that is not there is refused" { misuse 3 'nowhere.jsonl' -- report nowhere.jsonl; }

@test "a report of something else than a run is refused" {
  echo '{}' >x.jsonl
  misuse 3 'x.jsonl' -- report x.jsonl
}

@test "several runs in one file are refused" {
  misuse 2 'x.json' 'one run at a time' -- report a.jsonl b.jsonl -o json=x.json
}

@test "a text that cannot be generated is refused" { misuse 2 'completion-csh' 'completion-bash' -- --generate completion-csh; }
