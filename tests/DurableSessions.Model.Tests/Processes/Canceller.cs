using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>The step that cancels a commit's attempt, run by a host at any time, also where other hosts go on with the commit.</summary>
internal sealed class Canceller : Process
{
    private readonly int _attempt;
    private readonly CommitClosing _closing;

    public Canceller(string name, int commit, int attempt = 1)
        : base(name)
    {
        _attempt = (2 * commit) + attempt - 1;
        _closing = new CommitClosing(this);
    }

    public override Proc Start => new()
    {
        Pc = CommitClosing.Load,
        Target = (byte)_attempt,
        Length = (byte)_attempt,
        Fate = CommitClosing.Cancelled,
    };

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        if (now.Pc != End)
        {
            _closing.Expand(x, now);
        }
    }
}
