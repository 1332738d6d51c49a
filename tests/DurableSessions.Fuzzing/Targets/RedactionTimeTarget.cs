using System.Text;
using DurableSessions.Core.Failures;
using DurableSessions.Orchestration;

namespace DurableSessions.Fuzzing.Targets;

/// <summary>The time of redaction is linear: that of a long repetition of any text. Slow: each run reads thousands of characters.</summary>
internal static class RedactionTimeTarget
{
    // With instrumentation some 50 ms; a quadratic pattern takes seconds.
    private const int Long = 16 * 1024;

    private static readonly TimeSpan s_linear = TimeSpan.FromMilliseconds(800);

    public static void Run(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (text.Length is 0 or > Long)
        {
            return;
        }

        string repeated = string.Concat(Enumerable.Repeat(text, Long / text.Length));
        TimeSpan taken = Take(repeated);

        // The first run also pays for the compiler.
        taken = taken < s_linear ? taken : Take(repeated);
        Expect.That(taken < s_linear, $"{taken} for {repeated.Length} characters");
    }

    // Processor time: a busy machine does not count.
    private static TimeSpan Take(string text)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Redaction.Redact(text);
        StepFailure.Find(text);
        return Environment.CpuUsage.TotalTime - before;
    }
}
