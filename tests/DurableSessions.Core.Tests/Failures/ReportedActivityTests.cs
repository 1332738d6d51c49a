using DurableSessions.Core.Commits;
using DurableSessions.Core.Failures;
using DurableSessions.Core.Identities;
using DurableSessions.Orchestration;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Tests.Failures;

/// <summary>What leaves an activity that fails, and what the log gets.</summary>
public sealed class ReportedActivityTests
{
    [Fact]
    public async Task The_details_are_in_the_log_under_the_id_without_their_secrets()
    {
        var log = new Lines();
        StepFailedException failed = await Assert.ThrowsAsync<StepFailedException>(
            () => RunAsync(log, new IOException("details, api_key=S3CRET", new IOException("their cause"))));

        string line = Assert.Single(log.Written);
        Assert.StartsWith("Instance i: switch failed (ERR-", line, StringComparison.Ordinal);
        Assert.Contains("System.IO.IOException: details, api_key=[REDACTED]", line, StringComparison.Ordinal);
        Assert.Contains("their cause", line, StringComparison.Ordinal);
        Assert.DoesNotContain("S3CRET", line, StringComparison.Ordinal);
        string id = line[line.IndexOf("ERR-", StringComparison.Ordinal)..line.IndexOf(')', StringComparison.Ordinal)];
        Assert.Equal($"The step switch failed: storage did not answer. The log has it under {id}.", failed.Message);

        // Engines may record the messages of inner exceptions.
        Assert.Null(failed.InnerException);
    }

    [Fact]
    public async Task What_no_retry_mends_stays_so() =>
        await Assert.ThrowsAsync<NonRetriableTaskException>(() => RunAsync(new Lines(), new NonRetriableTaskException("details")));

    [Fact]
    public async Task A_session_that_is_gone_is_what_an_orchestrator_looks_for() => await Assert.ThrowsAsync<SessionGoneException>(
        () => RunAsync(new Lines(), new SessionGoneException(new SessionKey("a", "u", "s"))));

    [Fact]
    public async Task A_host_that_stops_is_no_failure()
    {
        var log = new Lines();
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => RunAsync(log, new OperationCanceledException(), new CancellationToken(canceled: true)));
        Assert.Empty(log.Written);
    }

    [Fact]
    public async Task An_exception_without_a_readable_text_is_reported_too()
    {
        var log = new Lines();
        await Assert.ThrowsAsync<StepFailedException>(() => RunAsync(log, new MuteException()));
        Assert.Contains(nameof(MuteException), Assert.Single(log.Written), StringComparison.Ordinal);
    }

    private static Task<object?> RunAsync(Lines log, Exception failure, CancellationToken cancellationToken = default) =>
        new ReportedActivity(new Failing(failure), log).RunAsync(
            new TaskActivityContext(CommitNames.Switch, "i", cancellationToken), "input");

    private sealed class Failing(Exception failure) : TaskActivity<string, string>
    {
        public override Task<string> RunAsync(TaskActivityContext context, string input) => Task.FromException<string>(failure);
    }

    private sealed class MuteException : Exception
    {
        public override string Message => throw new InvalidOperationException("No message.");
    }

    private sealed class Lines : ILogger<ReportedActivity>
    {
        public List<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));
    }
}
