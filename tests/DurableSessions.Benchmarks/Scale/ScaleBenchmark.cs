using System.Globalization;

namespace DurableSessions.Benchmarks.Scale;

/// <summary>
/// What Durable Task's provider on Azure Storage costs beside the embedded engine, and how Functions hosts share its work.
/// </summary>
internal static class ScaleBenchmark
{
    public static Task RunAsync(string[] args) => args switch
    {
        ["hub", var port, var connection, var worker, var seconds] => TaskHub.RunAsync(Int(port), connection, worker, Seconds(seconds)),
        ["provider"] => ProviderBenchmark.RunAsync(),
        ["hosts", var app, var program, var commits, var seconds, var most] =>
            HostsBenchmark.RunAsync(app, program, Int(commits), Seconds(seconds), Int(most)),
        _ => throw new ArgumentException("scale provider, or scale hosts APP PROGRAM COMMITS SECONDS HOSTS."),
    };

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(Int(text));
}
