using DurableSessions.Core.Auditing;
using Spectre.Console;

namespace DurableSessions.Server.Auditing;

/// <summary>Writes an audit to the console: a line for each finding when it is made, the progress meanwhile, and a summary.</summary>
internal sealed class CheckReport(string storage, AuditOptions options)
{
    private readonly IAnsiConsole _console = AnsiConsole.Console;
    private readonly Dictionary<(FindingSeverity, RepairState), int> _counts = [];
    private AuditProgress _progress;

    /// <summary>Runs the audit to its end. Returns the number of errors.</summary>
    public async Task<int> RunAsync(StorageAudit audit, CancellationToken cancellationToken)
    {
        Write($"Checking {storage}");
        if (_console.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
        {
            await _console.Status().StartAsync("…", status => AuditAsync(audit, p => status.Status(Describe(p)), cancellationToken));
        }
        else
        {
            await AuditAsync(audit, static _ => { }, cancellationToken);
        }

        int errors = Count(FindingSeverity.Error);
        Write($"Looked at {Describe(_progress)}.");
        Write(
            $"{errors} errors, {Count(FindingSeverity.Warning)} orphans ({Count(FindingSeverity.Warning, RepairState.Removed)} removed), "
            + $"{Count(FindingSeverity.Information)} notes "
            + $"({Count(FindingSeverity.Information, RepairState.TooYoung)} of them on blobs that are too young to be orphans).");
        if (Count(FindingSeverity.Warning, RepairState.Removable) > 0)
        {
            Write("Orphans cost storage and nothing else; 'check --repair' removes them.");
        }

        Write(errors == 0 ? "Nothing is wrong." : "Something is wrong: see the lines that begin with 'error'.");
        return errors;
    }

    private async Task AuditAsync(StorageAudit audit, Action<AuditProgress> show, CancellationToken cancellationToken)
    {
        var progress = new ImmediateProgress(p =>
        {
            _progress = p;
            show(p);
        });
        await foreach (Finding finding in audit.RunAsync(options, progress, cancellationToken))
        {
            (FindingSeverity, RepairState) kind = (finding.Severity, finding.Repair);
            _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
            Write($"{Name(finding.Severity)}: {finding.Session ?? "-"}: {finding.Message} [{finding.Blob}]{Name(finding.Repair)}");
        }
    }

    private int Count(FindingSeverity severity) => _counts.Where(c => c.Key.Item1 == severity).Sum(static c => c.Value);

    private int Count(FindingSeverity severity, RepairState repair) => _counts.GetValueOrDefault((severity, repair));

    // Redirected output bypasses the console's layout, which would break lines at the width of a terminal.
    private void Write(string line)
    {
        if (Console.IsOutputRedirected)
        {
            Console.Out.WriteLine(line);
        }
        else
        {
            _console.WriteLine(line);
        }
    }

    private static string Describe(AuditProgress p) =>
        $"{p.Sessions} sessions, {p.Archives} archives, {p.Messages} messages; {p.Blobs} blobs for orphans";

    private static string Name(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => "error",
        FindingSeverity.Warning => "orphan",
        _ => "note",
    };

    private static string Name(RepairState repair) => repair switch
    {
        RepairState.Removable => ": a repair removes it",
        RepairState.Removed => ": removed",
        RepairState.Writable => ": a repair writes it",
        RepairState.Written => ": written",
        RepairState.TooYoung => ": kept, it is young",
        _ => "",
    };

    /// <summary>Reports on the calling thread, so that the last state is there when the audit ends.</summary>
    private sealed class ImmediateProgress(Action<AuditProgress> report) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value) => report(value);
    }
}
