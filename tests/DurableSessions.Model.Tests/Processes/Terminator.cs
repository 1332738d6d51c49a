using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>An operator terminates a commit's instance, at any time: its execution stops where it stands, or goes on as a zombie.</summary>
internal sealed class Terminator(string name, Commit victim) : Process(name)
{
    public override Proc Start => new() { Pc = 1 };

    public override void Expand(Expansion x)
    {
        if (x.Now.Procs[Id].Pc == End || x.Now.Procs[victim.Id].Pc == End)
        {
            return;
        }

        Terminate(x);
        x.Emit(Id, "terminates the instance, which goes on as a zombie");
        Terminate(x);
        x.Next.Procs[victim.Id] = default;
        x.Next.Ghost.Dead |= (ushort)(1 << victim.Id);
        x.Emit(Id, "terminates the instance, which stops");
    }

    public override bool IsOver(in Proc proc) => true;

    private void Terminate(Expansion x)
    {
        x.Fork(Id) = default;
        x.Next.Ghost.Over |= (byte)(1 << victim.CommitNumber);
    }
}
