using DurableSessions.Model.Tests.Checking;
using DurableSessions.Model.Tests.State;

namespace DurableSessions.Model.Tests.Processes;

/// <summary>The append request of an appender, and what the appender reads where its segment refuses it.</summary>
internal sealed class AppendRequest(Appender appender)
{
    public void Send(Expansion x, in Proc now, KnownManifest view)
    {
        int message = appender.Message(now);
        ref Proc sent = ref x.Fork(appender.Id);
        NoteSent(x, message);
        Store.Answer answer = x.Next.Store.Append(view.Last, now.Length, message, x.Configuration.Without);
        switch (answer)
        {
            case Store.Answer.Stored:
                x.NoteStored(view.Last);
                appender.Acknowledge(x, ref sent, view, Appender.Send, (byte)(now.Length + 1));
                x.Emit(appender.Id, "appends");
                if (x.Now.Ghost.LostLeft > 0)
                {
                    ref Proc lost = ref x.Fork(appender.Id);
                    NoteSent(x, message);
                    x.Next.Store.Append(view.Last, now.Length, message, x.Configuration.Without);
                    x.NoteStored(view.Last);
                    x.Next.Ghost.LostLeft--;
                    lost.Flag = 1;
                    x.Emit(appender.Id, "appends; the answer is lost");
                }

                break;
            case Store.Answer.NotFound:
                sent.Pc = now.Flag != 0 && x.Keeps(Safeguards.SearchAfterUnknown) ? Appender.Search : Appender.Open;
                sent.Flag = sent.Pc == Appender.Search ? now.Flag : (byte)0;
                x.Emit(appender.Id, "appends: the segment is gone");
                break;
            default:
                // What was never sent before is not in the segment; the tail says how long that is.
                bool isSealed = answer == Store.Answer.IsSealed;
                sent.Fate = isSealed ? (byte)1 : (byte)0;
                sent.Pc = now.Flag == 0 && isSealed ? Appender.Elsewhere : Appender.Again;
                if (now.Flag != 0 && !x.Keeps(Safeguards.SearchAfterUnknown))
                {
                    sent.Pc = Appender.Open;
                    sent.Flag = 0;
                }

                x.Emit(appender.Id, isSealed ? "appends: the segment is sealed" : "appends: the condition is not met");
                break;
        }

        if (x.Now.Ghost.LateLeft > 0 && now.Flag == 0 && x.Configuration.LateAppends)
        {
            ref Proc late = ref x.Fork(appender.Id);
            NoteSent(x, message);
            late.Flag = 1;
            x.Next.Send(new Late(Late.Append, view.Last, (ulong)((now.Length << 8) | message)));
            x.Emit(appender.Id, "appends; the request is late");
        }
    }

    private static void NoteSent(Expansion x, int message)
    {
        if ((x.Next.Ghost.Sent & (1 << message)) == 0)
        {
            x.Next.Ghost.Sent |= (ushort)(1 << message);
            x.Next.Ghost.Before |= (ulong)((x.Next.Ghost.Acked >> 1) & 255) << (8 * (message - 1));
        }
    }

    // The segment has refused the block: the message may be in it, or there is more in it than this host has read, or it is over.
    public void ReadAgain(Expansion x, in Proc now, KnownManifest view)
    {
        ref Proc read = ref x.Fork(appender.Id);
        if (!x.Now.Store.TryGet(view.Last, out Blob blob))
        {
            read.Pc = Appender.Search;
        }
        else if (Messages.Contains(blob.Value, appender.Message(now)))
        {
            appender.Acknowledge(x, ref read, view, Appender.Send, (byte)Messages.Count(blob.Value));
        }
        else if (now.Fate == 0 && Messages.Count(blob.Value) > now.Length)
        {
            read.Length = (byte)Messages.Count(blob.Value);
            read.Flag = 0;
            read.Pc = Appender.Send;
        }
        else
        {
            read.Pc = Appender.Elsewhere;
        }

        x.Emit(appender.Id, "reads the segment that refused");
    }
}
