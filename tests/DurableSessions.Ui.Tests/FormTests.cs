using DurableSessions.Ui.Tests.Hosting;

namespace DurableSessions.Ui.Tests;

/// <summary>What holds for every form, found by the routes of the host: one that is added is looked at too.</summary>
[Collection<FurnishedCollection>]
public sealed class FormTests(Furnished furnished)
{
    [Fact]
    public async Task No_form_is_taken_without_its_token_and_none_of_a_key_that_may_not()
    {
        using Visitor ann = await VisitAsync(furnished.Key);
        using Visitor reader = await VisitAsync(furnished.ReadOnlyKey);
        using Visitor @operator = await VisitAsync(furnished.OperatorsKey);
        foreach (Visitor visitor in (Visitor[])[ann, reader, @operator])
        {
            await visitor.GetAsync("/ui/sign-in");
        }

        Assert.True(furnished.Host.Forms.Count >= 11, string.Join(' ', furnished.Host.Forms));
        foreach (string form in furnished.Host.Forms)
        {
            string path = form.Replace("{task_id}", "c0000000000000000000000000000000", StringComparison.Ordinal)
                .Replace("{session_id}", "support-2026", StringComparison.Ordinal)
                .Replace("{number:int:min(1)}", "1", StringComparison.Ordinal);
            bool isOfAll = path.Contains("/sign-", StringComparison.Ordinal);
            bool isOfSession = path.StartsWith("/ui/sessions/", StringComparison.Ordinal);
            bool isOperators = !isOfAll && !isOfSession && !path.EndsWith("0/cancel", StringComparison.Ordinal)
                && !path.EndsWith("0/retry", StringComparison.Ordinal);

            Seen without = await (isOperators ? @operator : ann).PostAsync(path, withToken: false);
            Assert.True(without.Status == 400, $"{path} without a token: {without.Status}");
            Assert.Contains("The form is not from this server", without.Text, StringComparison.Ordinal);
            if (isOfAll)
            {
                continue;
            }

            Seen refused = await reader.PostAsync(path);
            Assert.True(refused.Status == 403, $"{path} of a read-only key: {refused.Status}");
            Seen other = await (isOperators ? ann : @operator).PostAsync(path);
            Assert.True(other.Status == (isOperators || isOfSession ? 403 : 404), $"{path} of another kind of key: {other.Status}");
        }
    }

    private async Task<Visitor> VisitAsync(string key)
    {
        Visitor visitor = furnished.Host.Visit();
        Assert.Equal(303, (await visitor.SignInAsync(key)).Status);
        return visitor;
    }
}
