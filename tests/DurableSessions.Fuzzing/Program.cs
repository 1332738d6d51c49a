using DurableSessions.Fuzzing;
using SharpFuzz;

// Under afl-fuzz, which the script 'fuzz' starts: DurableSessions.Fuzzing TARGET
// Or, without it, for a find or for the seeds:    DurableSessions.Fuzzing TARGET FILE...
if (args.Length == 0 || !Target.All.TryGetValue(args[0], out Action<byte[]>? target))
{
    await Console.Error.WriteLineAsync($"The first argument must be one of {string.Join(", ", Target.All.Keys)}.");
    return 2;
}

if (args.Length > 1)
{
    return Replay.Run(target, args.AsSpan(1));
}

Fuzzer.OutOfProcess.Run(input =>
{
    using var bytes = new MemoryStream();
    input.CopyTo(bytes);
    target(bytes.ToArray());
});
return 0;
