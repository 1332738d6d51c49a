using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>The step that cancels a commit's attempt, run by a host at any time, also where other hosts go on with the commit.</summary>
/// <remarks>
/// That of a second attempt comes after its archive-to-temp, as in the orchestrator: by then the first attempt is closed or cuts.
/// </remarks>
internal sealed class Canceller : Process
{
    private const byte WaitForStaged = 1;

    private readonly int _attempt;
    private readonly Commit? _staged;
    private readonly CommitClosing _closing;

    public Canceller(string name, int commit)
        : base(name)
    {
        _attempt = 2 * commit;
        _closing = new CommitClosing(this);
    }

    public Canceller(string name, Commit staged)
        : base(name)
    {
        _attempt = staged.Attempt;
        _staged = staged;
        _closing = new CommitClosing(this);
    }

    public override Proc Start => new()
    {
        Pc = _staged is null ? CommitClosing.Load : WaitForStaged,
        Target = (byte)_attempt,
        Length = (byte)_attempt,
        Fate = CommitClosing.Cancelled,
    };

    public override bool IsOver(in Proc proc) => proc.Pc is End or WaitForStaged;

    public override void Expand(Expansion x)
    {
        ref Proc now = ref x.Now.Procs[Id];
        if (now.Pc == WaitForStaged)
        {
            if (x.Now.Procs[_staged!.Id].Pc == CommitClearing.Clear)
            {
                x.Fork(Id).Pc = CommitClosing.Load;
                x.Emit(Id, "is asked to cancel the attempt that is staged");
            }
        }
        else if (now.Pc != End)
        {
            _closing.Expand(x, now);
        }
    }
}
