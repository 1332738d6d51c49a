using System.Globalization;
using System.Text;

namespace DurableSessions.Simulation.Tests.Programs;

/// <summary>A program: what clients do to a few sessions through a few hosts, step by step, and how bad the way to storage is.</summary>
/// <param name="FaultsPerMille">How many of a thousand storage requests fail in some way.</param>
/// <param name="FaultSeed">Which ones; and which calls of the digest.</param>
/// <param name="FailedDigests">How many of ten calls of the digest fail.</param>
/// <param name="FallsBack">Whether a commit whose digest keeps failing is digested by the built-in one.</param>
/// <param name="Steps">One after the other; the operations of one step at the same time.</param>
internal sealed record Script(int FaultsPerMille, int FaultSeed, int FailedDigests, bool FallsBack, IReadOnlyList<Operation[]> Steps)
{
    public int Operations => Steps.Sum(static s => s.Length);

    /// <summary>Whether requests may arrive that were given up long ago.</summary>
    public bool HasLateRequests =>
        FaultsPerMille > 0 || Steps.SelectMany(static s => s).Any(static o => o is Kill { Last: LastRequest.ArrivesLate });

    /// <summary>The same program without one of its operations.</summary>
    /// <param name="operation">Counted from 0 through all steps.</param>
    public Script Without(int operation)
    {
        var steps = new List<Operation[]>();
        foreach (Operation[] step in Steps)
        {
            Operation[] rest = operation >= 0 && operation < step.Length ? [.. step.Where((_, n) => n != operation)] : step;
            operation -= step.Length;
            if (rest.Length > 0)
            {
                steps.Add(rest);
            }
        }

        return this with { Steps = steps };
    }

    public override string ToString()
    {
        StringBuilder text = new();
        string afterwards = FallsBack ? ", then fall back" : "";
        text.AppendLine().Append(
            CultureInfo.InvariantCulture,
            $"{FaultsPerMille} faults in 1000 requests, seed {FaultSeed}; {FailedDigests} in 10 digests fail{afterwards}");
        foreach (Operation[] step in Steps)
        {
            text.AppendLine().Append("  ").AppendJoin(" || ", step.Select(static o => o.ToString()));
        }

        return text.ToString();
    }
}
