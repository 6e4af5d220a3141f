<?php
// The Test Anything Protocol in a few lines: what the PHP program beside this file prints.
$tapCount = $tapFailed = 0;

function ok(bool $passed, string $name, string $note = ''): void
{
    global $tapCount, $tapFailed;
    $tapCount++;
    $tapFailed += $passed ? 0 : 1;
    echo $passed ? 'ok' : 'not ok', " $tapCount - ", strtr($name, "\n", ' '), "\n";
    if (!$passed && $note !== '') {
        echo preg_replace('/^/m', '# ', $note), "\n";
    }
}

function is(mixed $have, mixed $want, string $name): void
{
    ok($have === $want, $name, 'have ' . json_encode($have) . ', want ' . json_encode($want));
}

function done(): never
{
    global $tapCount, $tapFailed;
    echo "1..$tapCount\n";
    exit($tapFailed > 0 ? 1 : 0);
}
