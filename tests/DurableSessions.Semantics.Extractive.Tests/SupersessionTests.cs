using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>What no longer holds is gone, or struck; what stays true stays.</summary>
public sealed class SupersessionTests
{
    [Theory]
    [InlineData("The test `queue_drains` fails after five minutes.", "The limit was raised, `queue_drains` passes now.", "fails after")]
    [InlineData("I opened ticket LP-88 for the offline printers.", "LP-88 is merged: a mail goes to the shop.", "opened ticket")]
    [InlineData("I chose Redis for the queue of mails.", "No Redis. Use a table in Postgres with SKIP LOCKED.", "chose Redis")]
    [InlineData("The parser is in `lexer.rs`, 300 lines of it.", "I deleted `lexer.rs`, the parser generator does it.", "300 lines")]
    [InlineData(
        "We decided to use CUPS instead of the vendor's driver.", "We go back to the vendor's driver, CUPS is slow.", "to use CUPS")]
    [InlineData("The rehearsal is on Monday, 5 May, in the boat house.", "The rehearsal moved to 12 May, Quirin is away.", "5 May")]
    [InlineData("We have a new code for the gate: 4417.", "The code for the gate changed: 9025 from now on.", "4417")]
    [InlineData("Imre, the caretaker, still has to think about the tap.", "Imre said yes: we may use the tap at the pool.", "think about")]
    [InlineData("扫码失败，安卓老手机打不开摄像头。", "现在老手机也能扫码了，三台都通过。", "打不开")]
    [InlineData("建议每天凌晨备份，保留 7 份。", "备份改为保留 30 份。", "保留 7 份")]
    public async Task What_was_overtaken_is_gone_in_the_same_commit_and_in_a_later_one(string before, string after, string gone)
    {
        SemanticDigest first = await Digests.MakeAsync(("user", before));
        Assert.Contains(gone, first.Overview, StringComparison.Ordinal);
        AssertHolds(await Digests.MakeAsync(first.Overview, [Conversation.Text("user", after)]), after, gone);
        AssertHolds(await Digests.MakeAsync(("user", before), ("user", after)), after, gone);
    }

    [Fact]
    public async Task Of_a_longer_statement_only_the_number_is_struck_and_stays_struck()
    {
        SemanticDigest digest = await Digests.MakeAsync(("user", "The queue is on the box labelbox, with 5 attempts for each job."));
        digest = await Digests.MakeAsync(digest.Overview, [Conversation.Text("user", "Changed to 12 attempts, the printers are slow.")]);
        for (int i = 0; i < 3; i++)
        {
            Assert.Contains(
                "- The queue is on the box labelbox, with ~~5 attempts~~ for each job.\n", digest.Overview, StringComparison.Ordinal);
            Assert.Contains("12 attempts", digest.Overview, StringComparison.Ordinal);
            digest = await Digests.MakeAsync(digest.Overview, []);
        }
    }

    [Theory]
    [InlineData("Never run the importer against production.", "The importer test passes now, no Redis any more.")]
    [InlineData("We print 900 labels on a working day.", "The umlauts became question marks on 40 labels.")]
    [InlineData("The test `golden_march` fails for 37 invoices.", "The test `golden_april` passes now.")]
    [InlineData("I opened ticket LP-88 for the printers.", "LP-89 is merged: a mail goes to the shop.")]
    [InlineData("The rehearsal is on Monday in the boat house.", "The dentist moved to Tuesday, Quirin is away.")]
    [InlineData("We decided to use Postgres for the queue of mails.", "No Redis in this house, says Quirin.")]
    public async Task What_still_holds_stays(string before, string after)
    {
        SemanticDigest first = await Digests.MakeAsync(("user", before));
        Assert.Contains(before, first.Overview, StringComparison.Ordinal);
        SemanticDigest digest = await Digests.MakeAsync(first.Overview, [Conversation.Text("user", after)]);
        Assert.Contains(before, digest.Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_message_may_name_two_days()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            ("user", "Quirin plans the rehearsal with the whole choir on Monday. The rehearsal of the soloists was moved to Tuesday."));
        Assert.Contains("whole choir on Monday", digest.Overview, StringComparison.Ordinal);
        Assert.Contains("moved to Tuesday", digest.Overview, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_message_may_name_two_numbers()
    {
        SemanticDigest digest = await Digests.MakeAsync(
            ("user", "The code for the small gate is 4417. The code for the big gate changed to 9025."));
        string statements = digest.Overview.Split("## Names and files")[0];
        Assert.Contains("small gate is 4417", statements, StringComparison.Ordinal);
        Assert.Contains("changed to 9025", statements, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Changed to 12 attempts by day and 15 attempts by night.", "with ~~5 attempts~~ for each job")]
    [InlineData("It is 5 attempts for labels and 12 attempts for invoices now.", "with 5 attempts for each job")]
    public async Task A_number_is_struck_once_and_not_where_it_is_said_again(string later, string remains)
    {
        SemanticDigest digest = await Digests.MakeAsync(("user", "The queue is on the box labelbox, with 5 attempts for each job."));
        digest = await Digests.MakeAsync(digest.Overview, [Conversation.Text("user", later)]);
        Assert.Contains($"labelbox, {remains}.\n", digest.Overview, StringComparison.Ordinal);
    }

    private static void AssertHolds(SemanticDigest digest, string after, string gone)
    {
        // Names, files and dates are a list of their own.
        string statements = digest.Overview.Split("## Names and files")[0];
        Assert.DoesNotContain(gone, statements, StringComparison.Ordinal);
        Assert.Contains(after[..8], statements, StringComparison.Ordinal);
    }
}
