using System.Globalization;
using DurableSessions.Benchmarks;
using DurableSessions.Benchmarks.Quality;

// By hand, on an idle machine: dotnet run -c Release --project tests/DurableSessions.Benchmarks [append] [commit] [memory]
// Or, with a server process and 200 clients: … load [seconds]
// Or the simulated storage of the tests: … simulation
// Or metrics and traces, on and off: … telemetry
// Or the operator's pages of a large store: … ui [sessions]
// Or a store that is years old: … many [sessions]
// Or the search index of one user's messages, in memory: … search [messages]
// Or the search of one user's messages, by a host on an Azurite, or on a storage account: … search azurite [messages] [connection string]
// Or what is found again of long conversations, a file of the LoCoMo data set: … quality FILE
// Or Durable Task on Azure Storage beside the embedded engine, and Functions hosts that share its work: see the script scale
// Or more than storage can take, an Azurite or a simulated one that throttles: … load azurite|throttled [seconds of a stage]
#if AZURE_FUNCTIONS
if (args is ["scale", ..])
{
    await DurableSessions.Benchmarks.Scale.ScaleBenchmark.RunAsync(args[1..]);
    return 0;
}
#endif

if (args is ["load", ("azurite" or "throttled") and var kind, ..])
{
    return await OverloadRun.RunAsync(
        kind == "throttled", TimeSpan.FromSeconds(args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 15));
}

if (args is ["load", ..])
{
    return await LoadRun.RunAsync(TimeSpan.FromSeconds(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 60));
}

if (args is ["simulation"])
{
    await SimulationBenchmark.RunAsync();
    return 0;
}

if (args is ["telemetry"])
{
    await TelemetryBenchmark.RunAsync();
    return 0;
}

if (args is ["ui", ..])
{
    await UiBenchmark.RunAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000, 10_000);
    return 0;
}

if (args is ["many", ..])
{
    await ManyBenchmark.RunAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100_000);
    return 0;
}

if (args is ["search", "azurite", ..])
{
    await StoredSearchBenchmark.RunAsync(
        args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 100_000, args.Length > 3 ? args[3] : null);
    return 0;
}

if (args is ["search", ..])
{
    await SearchBenchmark.RunAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1_000_000);
    return 0;
}

if (args is ["quality", var path])
{
    await QualityBenchmark.RunAsync(path);
    return 0;
}

string[] wanted = args.Length == 0 ? ["append", "commit", "memory"] : args;
await using Bench bench = await Bench.StartAsync();
foreach (string what in wanted)
{
    await (what switch
    {
        "append" => AppendBenchmark.RunAsync(bench),
        "commit" => CommitBenchmark.RunAsync(bench),
        "memory" => MemoryBenchmark.RunAsync(bench),
        _ => throw new ArgumentException(
            $"'{what}' is no benchmark: append, commit, memory, load, simulation, telemetry, ui, many, search or quality."),
    });
}

return 0;
